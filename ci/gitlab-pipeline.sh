#!/bin/sh
# gitlab-pipeline.sh KIND [BASE]: GitLab's pipeline for the stacks that a change since BASE touches, one
# job a stack and one after the other. KIND: preview (of a merge request) or up (after the merge, in the
# environment of the stack's name, whose rules may ask for an approval).
set -eu
kind=$1
case $kind in
preview | up) ;;
*)
    echo "gitlab-pipeline.sh: preview or up" >&2
    exit 1
    ;;
esac
options=$(sh "${0%/*}/list-stacks.sh" "${2:-}" | sed -n 's/^options=//p')
cat <<YAML
include:
  - local: ci/gitlab-jobs.yml
workflow:
  rules:
    - when: always
YAML
if [ -z "$options" ]; then
    cat <<'YAML'
nothing:
  script: ["echo 'the change touches no stack'"]
YAML
fi
before=
for name in $options; do
    if [ "$name" = -s ]; then continue; fi
    cat <<YAML
"$kind $name":
  extends: .$kind
  variables:
    STACK: "$name"
YAML
    if [ "$kind" = up ]; then
        echo "  environment: \"$name\""
        if [ -n "$before" ]; then echo "  needs: [\"$before\"]"; fi
        before="$kind $name"
    fi
done
