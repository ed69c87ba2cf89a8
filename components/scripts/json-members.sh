#!/bin/sh
# Edits the top-level members of a JSON object on a host that has no JSON tool, as text, so
# that everything else in the file stays as it is. Reads the file on stdin, prints the new one.
#   json-members.sh restore KEY,KEY... FILE...   the keys get their values of the first FILE that has
#                                                them, or go
#   json-members.sh set KEY VALUE                one key gets a value (as JSON text)
#   json-members.sh get KEY                      prints its value alone, without white space; fails
#                                                where it is not there
#   json-members.sh pick KEY,KEY...              prints an object of these members alone
#   json-members.sh keys                         prints the keys, by comma
#   json-members.sh compact                      prints the object without white space
set -eu
verb=${1:-}
keys=${2:-}
value=
case $verb in
restore) shift 2 ;;
set) value=$3 && shift 3 ;;
get | pick) shift 2 ;;
keys | compact) shift ;;
*) echo "json-members.sh: restore, set, get, pick, keys or compact" >&2; exit 2 ;;
esac
exec awk -v verb="$verb" -v keys="$keys" -v value="$value" '
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
function compact(text,    i, c, quoted, out) {
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (quoted && c == "\\") { out = out c substr(text, ++i, 1); continue }
        if (c == "\"") quoted = !quoted
        if (quoted || c !~ /[ \t\r\n]/) out = out c
    }
    return out
}
BEGIN {
    wanted = split(keys, key, ",")
    for (i = 1; i <= wanted; i++) ours[key[i]] = 1
    # ARGV are the files that restore takes values from; the object itself is on stdin.
    for (file = 1; file < ARGC; file++) {
        old = ""
        while ((getline line < ARGV[file]) > 0) old = old line "\n"
        olds = old == "" ? 0 : members(old, oldname, oldraw)
        for (i = 1; i <= olds; i++)
            if (oldname[i] in ours && !(oldname[i] in back)) back[oldname[i]] = oldraw[i]
        ARGV[file] = ""
    }
    if (verb == "set") back[keys] = value
}
{ text = text $0 "\n" }
END {
    count = members(text, name, raw)
    if (count < 0) exit 1
    if (verb == "compact") { print compact(text); exit 0 }
    if (verb == "get") {
        for (i = 1; i <= count; i++) if (name[i] == keys) { print compact(raw[i]); exit 0 }
        exit 1
    }
    if (verb == "keys") {
        for (i = 1; i <= count; i++) printf "%s%s", (i > 1 ? "," : ""), name[i]
        print ""
        exit 0
    }
    shown = 0
    printf "{"
    for (i = 1; i <= count; i++) {
        if (verb == "pick") {
            if (!(name[i] in ours)) continue
        } else if (name[i] in ours) {
            if (!(name[i] in back)) continue
            raw[i] = back[name[i]]
            delete back[name[i]]
        }
        printf "%s\n    \"%s\": %s", (shown++ ? "," : ""), name[i], raw[i]
    }
    for (i = 1; i <= wanted; i++) if (key[i] in back)
        printf "%s\n    \"%s\": %s", (shown++ ? "," : ""), key[i], back[key[i]]
    print (shown ? "\n" : "") "}"
}' "$@"
