#!/bin/sh
# The part of yq that the pipelines use: `yq .a.b FILE`.
exec awk -v path="$1" '
BEGIN { parts = split(substr(path, 2), want, "."); depth = 1 }
{
  match($0, /^ */); indent = RLENGTH; line = substr($0, indent + 1)
  if (indent < (depth - 1) * 2) exit
  if (indent == (depth - 1) * 2 && index(line, want[depth] ":") == 1) {
    if (depth < parts) { depth++; next }
    value = substr(line, length(want[depth]) + 3); gsub(/^["\047]|["\047]$/, "", value)
    print value; found = 1; exit
  }
}
END { if (!found) print "null" }' "$2"
