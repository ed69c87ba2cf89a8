#!/bin/sh
# Installs the Pulumi of requirements.lock into ~/.pulumi, by the installer that Pulumi publishes.
set -eu
version=$(sed -n 's/^pulumi==\([0-9.]*\).*/\1/p' "${0%/*}/../requirements.lock")
curl -fsSL https://get.pulumi.com | sh -s -- --version "$version"
