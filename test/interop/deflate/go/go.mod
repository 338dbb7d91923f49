module portolan.test/deflate

go 1.21
