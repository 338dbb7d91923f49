# SPDX-License-Identifier: Apache-2.0
"""What the tests against real registries share: charts, programs that must succeed, and a case of complaints."""

import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import programs
import real_charts
import registries

PORTOLAN = os.path.abspath(sys.argv[1])
SECRET = registries.PASSWORD


class Failed(Exception):
    pass


class World:
    def __init__(self, folder):
        self.folder = folder
        self.env = programs.environment(folder)
        self.account = {**self.env, "PORTOLAN_USERNAME": registries.USERNAME, "PORTOLAN_PASSWORD": SECRET}
        self.archives = list(self.packaged())

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def fresh_folder(self):
        return tempfile.mkdtemp(dir=self.folder)

    def packaged(self):
        """The archives of the real charts, or of one that is made here."""
        try:
            charts = [
                real_charts.directory(name)
                for name, made in real_charts.recorded().items()
                if "manifest" in made or "archive" in made
            ]
        except programs.Missing:
            charts = []
        small = self.path("app")
        os.makedirs(os.path.join(small, "templates"))
        for name, text in {
            "Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.2.3+b.1\ndescription: <é>\n",
            "templates/x.yaml": "kind: ConfigMap\n",
        }.items():
            with open(os.path.join(small, name), "w", encoding="utf-8") as file:
                file.write(text)
        out = self.path("archives")
        for chart in [small, *charts]:
            done = programs.run([PORTOLAN, "package", chart, "-d", out, "-o", "json"], self.env)
            if done.returncode == 0:
                yield json.loads(done.stdout)["charts"][0]["file"]

    def portolan(self, *words, reached=None, env=None, codes=(0,)):
        more = reached.of_portolan() if reached else []
        env = env or (self.account if reached and reached.user else self.env)
        done = programs.run([PORTOLAN, *words, *more], env)
        if SECRET.encode() in done.stdout + done.stderr:
            raise Failed(f"{words}: a secret is told")
        if done.returncode not in codes:
            raise Failed(f"portolan {' '.join(words)}: {programs.says(done)}")
        return done

    def other(self, program, *words, env=None):
        done = programs.run([programs.find(program), *words], env or self.env)
        if done.returncode != 0:
            raise Failed(f"{program} {' '.join(words)}: {programs.says(done)}")
        return done.stdout.decode()

    def pushed(self, archive, reached, repository):
        out = self.portolan("push", archive, f"oci://{reached.host}/{repository}", "-o", "json", reached=reached).stdout
        return json.loads(out)["charts"][0]


def case(tap, name, complaints):
    try:
        tap.case(name, list(complaints))
    except programs.Missing as missing:
        tap.skip(name, missing)
    except Failed as failed:
        tap.case(name, [str(failed)])
