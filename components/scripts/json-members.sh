#!/bin/sh
# Edits the top-level members of a JSON object on a host that has no JSON tool, as text, so
# that everything else in the file stays as it is. Reads the file on stdin, prints the new one.
#   json-members.sh restore KEY,KEY... ORIGINAL   the keys get ORIGINAL's values back, or go
#   json-members.sh set KEY VALUE                 one key gets a value (as JSON text)
#   json-members.sh get KEY                       prints its value alone; fails where it is not there
set -eu
case ${1:-} in
restore) keys=$2 original=$3 value= ;;
set) keys=$2 original=/dev/null value=$3 ;;
get) keys=$2 original=/dev/null value= ;;
*) echo "json-members.sh: restore, set or get" >&2; exit 2 ;;
esac
exec awk -v verb="$1" -v keys="$keys" -v original="$original" -v value="$value" '
# Splits the object in text into members: name[i], raw[i] (the value), from 1 to the result.
function members(text, name, raw,    i, c, depth, quoted, start, key, count, colon) {
    count = 0; depth = 0; quoted = 0; start = 0; colon = 0
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (quoted) {
            if (c == "\\") i++
            else if (c == "\"") {
                quoted = 0
                if (depth == 1 && !colon && key == "") key = substr(text, start, i - start)
            }
            continue
        }
        if (c == "\"") { quoted = 1; if (depth == 1 && !colon) start = i + 1; continue }
        if (c == ":" && depth == 1 && !colon) { colon = i; continue }
        if (c == "{" || c == "[") depth++
        if (c == "}" || c == "]") depth--
        if ((c == "," && depth == 1) || (depth == 0 && c == "}")) {
            if (colon) {
                count++
                name[count] = key
                raw[count] = trimmed(substr(text, colon + 1, i - colon - 1))
            }
            key = ""; colon = 0
            if (depth == 0) return count
        }
    }
    return -1
}
function trimmed(text) { sub(/^[ \t\r\n]+/, "", text); sub(/[ \t\r\n]+$/, "", text); return text }
{ text = text $0 "\n" }
END {
    count = members(text, name, raw)
    if (count < 0) exit 1
    if (verb == "get") {
        for (i = 1; i <= count; i++) if (name[i] == keys) { print raw[i]; exit 0 }
        exit 1
    }
    while ((getline line < original) > 0) old = old line "\n"
    olds = old == "" ? 0 : members(old, oldname, oldraw)
    wanted = split(keys, key, ",")
    for (i = 1; i <= wanted; i++) ours[key[i]] = 1
    for (i = 1; i <= olds; i++) if (oldname[i] in ours) { back[oldname[i]] = oldraw[i] }
    if (value != "") back[keys] = value
    shown = 0
    printf "{"
    for (i = 1; i <= count; i++) {
        if (name[i] in ours) {
            if (!(name[i] in back)) continue
            raw[i] = back[name[i]]
            delete back[name[i]]
        }
        printf "%s\n    \"%s\": %s", (shown++ ? "," : ""), name[i], raw[i]
    }
    for (i = 1; i <= wanted; i++) if (key[i] in back)
        printf "%s\n    \"%s\": %s", (shown++ ? "," : ""), key[i], back[key[i]]
    print (shown ? "\n" : "") "}"
}'
