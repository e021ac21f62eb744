module plimsoll.test/oracles/decoding

go 1.27.2

require (
	github.com/BurntSushi/toml v1.6.0
	sigs.k8s.io/yaml v1.6.0
)

require go.yaml.in/yaml/v2 v2.4.4 // indirect
