# Verifies a package before it is installed: update.sh reads this file where there is a key, and then minisign is needed.
# Anybody may have made the package. Nothing in it is believed but the key's signatures, and what each of them says: which
# release a file is, the oldest version that it may replace, and facts that it requires.
# A channel may go back: an older release passes, too, if its signature lets it replace what runs.

export LC_ALL=C # Or ranges of letters have others among them.

# Whether `part` has plain files in no folder, each once: a name or a link that leads elsewhere writes there while it is
# unpacked. A word of tar's own counts against it: busybox drops `../` and lists what is left.
verify_names() {
    why='the package has names, links or sizes that no package has'
    : > signed
    tar -tvzf part > listing 2>&1 && awk -v limit="$limit" '
        !/^-/ || NF != 6 || $6 !~ /^[A-Za-z0-9][A-Za-z0-9._+~:@-]*$/ || seen[tolower($6)]++ { exit 1 }
        NR > 1000 || (size += $3) > limit || $6 == "package_details.json" && $3 > 1048576 { exit 1 }
    ' listing
}

# Whether a signature in the manifest is of `file`, which has this `digest`, and lets it replace what runs.
verify_file() {
    why="has no signature by $key"
    grep -o '"minisig":"[^"]*"' new/package_details.json | cut -d '"' -f 4 | grep "sha256:$digest" > signatures
    while IFS= read -r text; do
        printf '%b\n' "$text" > minisig
        statement=$(minisign -VQm "$file" -x minisig -p "$key" < /dev/null) && is_allowed && return 0
    done < signatures
    return 1
}

# Notes what was installed, for `runs`.
note() {
    cat versions signed 2> /dev/null | awk '{ v[$1] = $2 } END { for (c in v) print c, v[c] }' > noted && mv noted versions
}

lower() { printf '%s\n' "$1" | tr '[:upper:]' '[:lower:]'; }
signed() { printf '%s\n' "$statement" | tr '\t ' '\n\n' | sed -n "s/^$1://p"; }

is_allowed() {
    component=$(lower "$(signed component)") version=$(signed version) minimum=$(signed minimum)
    why="is signed as $component $version"
    is=$(lower "$version")
    case $(signed edgehop):$(lower "${file#new/}") in # @ where the usual name could be that of another release.
    1:"${component}_$is" | 1:"$component@$is") ;;
    *) return 1 ;;
    esac
    now=$(runs "$component")
    why="may replace $minimum or newer, and what runs is ${now:-not known}"
    [ "$minimum" = any ] || holds "$now" '>=' "$minimum" || return 1
    for fact in $(signed requires); do
        why="requires $fact, and the URL does not say so"
        is_met || return 1
    done
    echo "$component $version" >> signed
}

# Whether the URL says a fact as it is required: hw.board=a|b, hw.board!=c, hw.rev>=3. An escaped value is not decoded here.
is_met() {
    name=${fact%%[=!<>]*} value=${fact##*[=!<>]}
    operator=${fact#"$name"} && operator=${operator%"$value"}
    has=$(lower "${url#*\?}" | tr '&' '\n' | awk -F = -v name="$name" '$1 == name { print $2; exit }')
    case $has in '' | *[!a-z0-9._-]*) return 1 ;; esac
    case $operator in
    =) case "|$value|" in *"|$has|"*) ;; *) return 1 ;; esac ;;
    !=) case "|$value|" in *"|$has|"*) return 1 ;; esac ;;
    *) holds "$has" "$operator" "$value" ;;
    esac
}

holds() { # VERSION OPERATOR VERSION, where no order is none that was asked for.
    sign=$(printf '%s %s\n' "$1" "$3" | order)
    case $2 in *"${sign:-?}"*) ;; *) return 1 ;; esac
}

# Prints <, = or > for the two versions of each line, or ? where the numbers that they begin with do not decide. Only the
# server's order knows words, and that of `sort -V` is another: 6.15.008 is 6.15.8, and 1.0-rc1 is older than 1.0.
order() {
    awk '{
        for (v = 1; v <= 2; v++) {
            text = $v ~ /^[vV][0-9]/ ? substr($v, 2) : $v
            match(text, /^[0-9]+([.][0-9]+)*/)
            whole[v] = RLENGTH == length(text)
            count[v] = split(substr(text, 1, RLENGTH), part, ".")
            for (i = 1; i <= count[v]; i++) {
                sub(/^0+/, "", part[i]) # busybox takes 030 for octal.
                n[v, i] = part[i] + 0
                if (length(part[i]) > 15) count[v] = whole[v] = 0 # awk does not keep such numbers apart.
            }
        }
        sign = whole[1] && whole[2] || $1 "" == $2 "" ? "=" : "?"
        for (i = 1; i <= count[1] || i <= count[2]; i++) {
            if (i > count[1] && !whole[1] || i > count[2] && !whole[2]) break
            p = i > count[1] ? 0 : n[1, i]; q = i > count[2] ? 0 : n[2, i]
            if (p != q) { sign = p < q ? "<" : ">"; break }
        }
        print NF == 2 ? sign : "?"
    }'
}
