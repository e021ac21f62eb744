module plimsoll.test/oracles/yamlemit

go 1.27.2

require (
	github.com/BurntSushi/toml v1.6.0
	go.yaml.in/yaml/v2 v2.4.4
	go.yaml.in/yaml/v3 v3.0.5
	sigs.k8s.io/yaml v1.6.0
)
