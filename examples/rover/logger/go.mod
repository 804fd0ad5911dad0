module logger

go 1.24

require simpleipc v0.0.0

require github.com/ebitengine/purego v0.10.2 // indirect

replace simpleipc => ../../../bindings/go
