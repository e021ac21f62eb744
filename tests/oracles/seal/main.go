// Opens SealedSecrets with the controller's own code and prints what they hold.
package main

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"log"
	"os"

	"github.com/bitnami-labs/sealed-secrets/pkg/apis/sealedsecrets/v1alpha1"
	"github.com/bitnami-labs/sealed-secrets/pkg/crypto"
	"k8s.io/client-go/kubernetes/scheme"
)

type input struct {
	Key    string                   `json:"key"`
	Sealed []*v1alpha1.SealedSecret `json:"sealed"`
}

type answer struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace"`
	Scope       string            `json:"scope"`
	Type        string            `json:"type,omitempty"`
	Immutable   *bool             `json:"immutable,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Data        map[string][]byte `json:"data,omitempty"`
	Error       string            `json:"error,omitempty"`
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		log.Fatal(err)
	}
	block, _ := pem.Decode([]byte(in.Key))
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		log.Fatal(err)
	}
	key := parsed.(*rsa.PrivateKey)
	print, err := crypto.PublicKeyFingerprint(&key.PublicKey)
	if err != nil {
		log.Fatal(err)
	}
	keys := map[string]*rsa.PrivateKey{print: key}
	var answers []answer
	for _, sealed := range in.Sealed {
		scope := sealed.Scope()
		one := answer{Name: sealed.Name, Namespace: sealed.Namespace, Scope: scope.String()}
		secret, err := sealed.Unseal(scheme.Codecs, keys)
		if err != nil {
			one.Error = err.Error()
		} else {
			one.Type = string(secret.Type)
			one.Immutable = secret.Immutable
			one.Labels = secret.Labels
			one.Annotations = secret.Annotations
			one.Data = secret.Data
		}
		answers = append(answers, one)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	if err := out.Encode(answers); err != nil {
		log.Fatal(err)
	}
}
