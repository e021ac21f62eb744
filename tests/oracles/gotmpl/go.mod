module gotmpl

go 1.26
