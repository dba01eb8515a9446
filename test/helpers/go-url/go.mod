module rollbook.example/go-url

go 1.26
