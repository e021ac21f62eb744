// Servers for the tests of the network: a registry (that of the distribution project), a server
// of files, one of answers that are kept, and a proxy. Each listens on loopback, prints its address, and ends when its standard
// input does, so that none outlives its test.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/auth/token"
	"github.com/distribution/distribution/v3/registry/handlers"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/crypto/bcrypt"

	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
)

var (
	dir      = flag.String("dir", "", "the folder that is served, or that the registry keeps things in")
	tokens   = flag.Bool("tokens", false, "registry: who may ask gets tokens")
	user     = flag.String("user", "", "who may ask")
	password = flag.String("password", "", "and with which password")
	cert     = flag.String("cert", "", "speak TLS with this certificate")
	key      = flag.String("key", "", "and this key")
	clients  = flag.String("clients", "", "let in only whom this authority knows")
	logTo    = flag.String("log", "", "write a line for each request to this file")
)

func main() {
	kind := os.Args[1]
	if err := flag.CommandLine.Parse(os.Args[2:]); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	address := listener.Addr().String()
	scheme := "http"
	if *cert != "" {
		scheme = "https"
		listener = tls.NewListener(listener, tlsConfig())
	}
	var handler http.Handler
	switch kind {
	case "registry":
		handler = registry(scheme + "://" + address)
	case "files":
		handler = guarded(http.FileServer(http.Dir(*dir)))
	case "answers":
		handler = http.HandlerFunc(answers)
	case "proxy":
		handler = http.HandlerFunc(proxy)
	default:
		log.Fatalf("no server of the kind %q", kind)
	}
	if *logTo != "" {
		handler = logged(handler)
	}
	fmt.Println(address)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	server := http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)}
	log.Fatal(server.Serve(listener))
}

func tlsConfig() *tls.Config {
	pair, err := tls.LoadX509KeyPair(*cert, *key)
	if err != nil {
		log.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}}
	if *clients != "" {
		text, err := os.ReadFile(*clients)
		if err != nil {
			log.Fatal(err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(text) {
			log.Fatal("no certificate in -clients")
		}
		config.ClientAuth = tls.RequireAndVerifyClientCert
		config.ClientCAs = pool
	}
	return config
}

// answers gives the text of a file that is named as the path is, with an underline for each slash:
// one path may lie below another, and nothing is redirected.
func answers(w http.ResponseWriter, request *http.Request) {
	name := strings.ReplaceAll(strings.Trim(request.URL.Path, "/"), "/", "_")
	text, err := os.ReadFile(filepath.Join(*dir, name+".json"))
	if err != nil {
		http.NotFound(w, request)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text)
}

func known(request *http.Request) bool {
	name, word, ok := request.BasicAuth()
	return ok && name == *user && word == *password
}

func guarded(handler http.Handler) http.Handler {
	if *user == "" {
		return handler
	}
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if !known(request) {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, request)
	})
}

func logged(handler http.Handler) http.Handler {
	out, err := os.OpenFile(*logTo, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		auth, _, _ := strings.Cut(request.Header.Get("Authorization"), " ")
		fmt.Fprintf(out, "%s %s [%s]\n", request.Method, request.URL, auth)
		handler.ServeHTTP(w, request)
	})
}

// registry is distribution's own, with what the flags ask for.
func registry(at string) http.Handler {
	config := &configuration.Configuration{}
	config.Version = "0.1"
	config.Log.Level = "error"
	config.Log.AccessLog.Disabled = true
	config.Storage = configuration.Storage{
		"filesystem": configuration.Parameters{"rootdirectory": *dir},
		"delete":     configuration.Parameters{"enabled": true},
	}
	config.HTTP.Secret = "test"
	if *user != "" && !*tokens {
		hash, err := bcrypt.GenerateFromPassword([]byte(*password), bcrypt.MinCost)
		if err != nil {
			log.Fatal(err)
		}
		path := filepath.Join(*dir, "htpasswd")
		if err := os.WriteFile(path, []byte(*user+":"+string(hash)+"\n"), 0o600); err != nil {
			log.Fatal(err)
		}
		config.Auth = configuration.Auth{
			"htpasswd": configuration.Parameters{"realm": "test", "path": path},
		}
	}
	var issue http.HandlerFunc
	if *tokens {
		signer, roots := newSigner()
		config.Auth = configuration.Auth{"token": configuration.Parameters{
			"realm": at + "/token", "service": "test", "issuer": "test", "rootcertbundle": roots,
		}}
		issue = signer
	}
	app := handlers.NewApp(context.Background(), config)
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if issue != nil && request.URL.Path == "/token" {
			issue(w, request)
			return
		}
		app.ServeHTTP(w, request)
	})
}

// newSigner makes a token server of the form that Docker's documentation describes.
func newSigner() (http.HandlerFunc, string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IsCA:         true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		log.Fatal(err)
	}
	roots := filepath.Join(*dir, "roots.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(roots, block, 0o600); err != nil {
		log.Fatal(err)
	}
	options := (&jose.SignerOptions{}).WithType("JWT")
	options = options.WithHeader("x5c", []string{base64.StdEncoding.EncodeToString(der)})
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: private}, options)
	if err != nil {
		log.Fatal(err)
	}
	return func(w http.ResponseWriter, request *http.Request) {
		if !known(request) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		access := []*token.ResourceActions{}
		for _, scope := range request.URL.Query()["scope"] {
			for _, one := range strings.Fields(scope) {
				parts := strings.SplitN(one, ":", 2)
				end := strings.LastIndex(parts[1], ":")
				access = append(access, &token.ResourceActions{
					Type: parts[0], Name: parts[1][:end],
					Actions: strings.Split(parts[1][end+1:], ","),
				})
			}
		}
		now := time.Now()
		claims, err := json.Marshal(token.ClaimSet{
			Issuer: "test", Subject: *user, Audience: token.AudienceList{"test"},
			Expiration: now.Add(time.Minute).Unix(), NotBefore: now.Add(-time.Minute).Unix(),
			IssuedAt: now.Unix(), JWTID: "1", Access: access,
		})
		if err != nil {
			log.Fatal(err)
		}
		signed, err := signer.Sign(claims)
		if err != nil {
			log.Fatal(err)
		}
		text, err := signed.CompactSerialize()
		if err != nil {
			log.Fatal(err)
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"token": text})
	}, roots
}

// proxy knows every name: all of them are this machine.
func proxy(w http.ResponseWriter, request *http.Request) {
	if *user != "" {
		login := base64.StdEncoding.EncodeToString([]byte(*user + ":" + *password))
		if request.Header.Get("Proxy-Authorization") != "Basic "+login {
			w.Header().Set("Proxy-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
	}
	_, port, err := net.SplitHostPort(request.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	target := net.JoinHostPort("127.0.0.1", port)
	if request.Method != http.MethodConnect {
		if !request.URL.IsAbs() {
			http.Error(w, "this is a proxy", http.StatusBadRequest)
			return
		}
		request.URL.Host = target
		request.RequestURI = ""
		request.Header.Del("Proxy-Authorization")
		answer, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		for name, values := range answer.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body)
		return
	}
	far, err := net.Dial("tcp", target)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	near, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		log.Fatal(err)
	}
	_, _ = near.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n"))
	go func() {
		_, _ = io.Copy(far, near)
		_ = far.Close()
	}()
	_, _ = io.Copy(near, far)
	_ = near.Close()
}
