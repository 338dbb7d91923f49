// SPDX-License-Identifier: Apache-2.0

// Answers questions about versions and constraints with the library that Helm uses. See version_test.py.
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"github.com/Masterminds/semver/v3"
)

func text(field string) string {
	bytes, err := hex.DecodeString(field)
	if err != nil {
		panic(err)
	}
	return string(bytes)
}

func describe(version *semver.Version, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return fmt.Sprintf("%d %d %d %q %q %q %s", version.Major(), version.Minor(), version.Patch(),
		version.Prerelease(), version.Metadata(), version.Original(), version.String())
}

func order(a, b string) string {
	first, err := semver.NewVersion(a)
	if err != nil {
		return "none"
	}
	second, err := semver.NewVersion(b)
	if err != nil {
		return "none"
	}
	return fmt.Sprint(first.Compare(second))
}

func check(constraint string, versions []string) string {
	parsed, err := semver.NewConstraint(constraint)
	if err != nil {
		return "error: " + err.Error()
	}
	verdicts := ""
	for _, field := range versions {
		version, err := semver.NewVersion(text(field))
		switch {
		case err != nil:
			verdicts += "?"
		case parsed.Check(version):
			verdicts += "y"
		default:
			verdicts += "n"
		}
	}
	return verdicts
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		fields := strings.Split(in.Text(), " ")
		var answer string
		switch fields[0] {
		case "lenient":
			answer = describe(semver.NewVersion(text(fields[1])))
		case "strict":
			answer = describe(semver.StrictNewVersion(text(fields[1])))
		case "order":
			answer = order(text(fields[1]), text(fields[2]))
		case "check":
			answer = check(text(fields[1]), fields[2:])
		default:
			panic("unknown question " + fields[0])
		}
		fmt.Fprintln(out, answer)
	}
}
