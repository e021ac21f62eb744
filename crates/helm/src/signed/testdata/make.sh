#!/bin/sh
# Makes the keys and signatures of this folder anew: `sh make.sh HELM` with helm 4.3.1 and GnuPG
# 2. Everything but the digests changes with each run; the tests look at no other bytes.
set -eu
helm=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GNUPGHOME="$work/gnupg"
mkdir -m 700 "$GNUPGHOME"
gpg() { command gpg --batch --quiet --pinentry-mode loopback --passphrase '' "$@"; }

key() { gpg --quick-generate-key "$1 <$1@example.com>" "$2" "$3" "$4"; }
key rsa rsa3072 sign never
key ed25519 ed25519 sign never
key p256 nistp256 sign never
key p384 nistp384 sign never
key p521 nistp521 sign never
key dsa dsa2048 sign never
key subkey ed25519 cert never
gpg --quick-add-key "$(gpg --list-keys --with-colons subkey | sed -n 's/^fpr:*\([0-9A-F]*\):*$/\1/p' | head -1)" rsa2048 sign never
key short ed25519 sign seconds=100
key revoked ed25519 sign never

cd "$work"
mkdir -p web/templates
printf 'apiVersion: v2\nname: web\nversion: 0.1.0\n' > web/Chart.yaml
gpg --export-secret-keys > secret.gpg
# Helm signs with the first key of the name, and itself.
SOURCE_DATE_EPOCH=1700000000 "$helm" package --sign --key rsa --keyring secret.gpg web > /dev/null
cp web-0.1.0.tgz "$here/web-0.1.0.tgz"
cp web-0.1.0.tgz.prov "$here/helm.prov"
# What Helm writes, signed by GnuPG with all the kinds of keys.
{ cat web/Chart.yaml; printf '\n...\nfiles:\n  web-0.1.0.tgz: sha256:'
  sha256sum web-0.1.0.tgz | cut -d' ' -f1; printf -- '- a dash  \n'; } > statement
sed -i '$d' statement
for name in rsa ed25519 p256 p384 p521 dsa subkey short revoked; do
    gpg --local-user "$name" --digest-algo SHA512 --clear-sign --output "$here/$name.prov" statement
done
gpg --local-user rsa --digest-algo SHA1 --allow-weak-digest-algos --clear-sign --output "$here/sha1.prov" statement 2> /dev/null
printf 'y\n0\n\ny\n' | command gpg --quiet --no-tty --command-fd 0 --pinentry-mode loopback --passphrase '' \
    --gen-revoke revoked > revocation 2> /dev/null
gpg --import revocation
gpg --export > "$here/keys.gpg"
gpg --armor --export > "$here/keys.asc"
cp "$GNUPGHOME/pubring.kbx" "$here/pubring.kbx"
# The subkey without the signature that binds it: anybody could have added it.
gpg --export subkey > "$here/subkey.gpg"
command gpgconf --kill gpg-agent

# Keys to sign with; those that are locked open with `correct horse`. Hashing the passphrase only
# 65,536 times keeps the tests quick.
export GNUPGHOME="$work/secret"
mkdir -m 700 "$GNUPGHOME"
echo 's2k-count 65536' > "$GNUPGHOME/gpg-agent.conf"
words=''
gpg() { command gpg --batch --quiet --pinentry-mode loopback --passphrase "$words" "$@"; }
key rsa rsa2048 sign never
key p256 nistp256 sign never
key p384 nistp384 sign never
key p521 nistp521 sign never
key ed25519 ed25519 sign never
key dsa dsa2048 sign never
# What is left of a key whose secret part is kept elsewhere.
key card ed25519 cert never
gpg --quick-add-key "$(gpg --list-keys --with-colons card | sed -n 's/^fpr:*\([0-9A-F]*\):*$/\1/p' | head -1)" rsa2048 sign never
words='correct horse'
key locked rsa2048 sign never
key curve ed25519 sign never
{ for name in rsa p256 p384 p521 ed25519 dsa locked curve; do gpg --export-secret-keys "$name@"; done
  gpg --export-secret-subkeys card@; } > "$here/secret.gpg"
gpg --export > "$here/secret.public.gpg"
command gpgconf --kill gpg-agent
