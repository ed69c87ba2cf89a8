#!/bin/sh
# Prints names=[...] as JSON: the stacks of stacks/, without the lab's and the examples.
set -eu
names=
for file in stacks/Pulumi.*.yaml; do
    name=${file#stacks/Pulumi.}
    name=${name%.yaml}
    case $name in
    lab-* | example-* | test-* | '*') ;;
    *) names="$names${names:+,}\"$name\"" ;;
    esac
done
printf 'names=[%s]\n' "$names"
