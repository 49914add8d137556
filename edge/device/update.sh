#!/bin/sh
# Asks what to install, downloads it, checks it and installs it: `sh update.sh URL`, again and again, in a folder of its own.
# Exit status: 0 installed, so ask again; 1 not now, and the next run goes on where the download stopped; 2 refused, with the
# server's reason or its own; 3 nothing to install. It takes a POSIX shell, and curl or busybox; with a key, minisign, too.
url=$1 here=$(dirname "$0")

# The publisher's public key. Where it is, nothing is installed that it did not sign for what this device is and runs.
key=key.pub
[ -e "$key" ] || key=$here/key.pub
[ -e "$key" ] || { key= && echo 'no key.pub: damage will be noticed, forgery will not' >&2; }
[ -z "$key" ] || . "$here/verify.sh" || exit 1

# Most bytes of a download, and of each file in it: the disk takes both. A multiple of 512.
limit=1073741824
ulimit -f $((limit / 512))

# Installs the files of a folder, which are checked: put your own way here.
# A device that falls back to its older slot deletes installed.etag, or it would not hear of the newer release again.
install() { mkdir -p installed && mv "$1"/* installed/; }

# The version of a component (in lower case) that runs, or nothing: put your own way here. verify.sh notes signed ones.
runs() { awk -v component="$1" '$1 == component { print $2 }' versions 2> /dev/null; }

get() { # HEAD SWITCH...: the answer's head goes to that file, and its body to `part` if the answer is a success.
    head=$1 && shift && rm -f "$head"
    if command -v curl > /dev/null; then
        curl -q -sS --fail --speed-limit 1 --speed-time 60 -D "$head" -o part "$@" "$url"
    else
        wget -q -S -O part "$@" "$url" 2> "$head" # It gives up after 900 seconds; with -T, that of busybox 1.35 crashes.
    fi
}
# wget of busybox exits with 1 for 304, 404 and 428 alike: the head tells which it was.
status() { sed -n 's/^ *HTTP[^ ]* \([0-9]*\).*/\1/p' "$head" | tail -n 1; }
etag() { cat "$1" 2> /dev/null | tr -d '\r' | sed -n 's/^ *[Ee][Tt][Aa][Gg]: *\("[!#-~]*"\)$/\1/p' | tail -n 1; }
# A file and its tag go together, or what is resumed by the tag is another file for ever.
forget() { rm -rf part part.head answer.head new listing signatures minisig signed; }
refuse() { echo "refused: $1" >&2 && forget && exit 2; }

download() {
    tag=$(etag part.head) have=$(cat installed.etag 2> /dev/null)
    if [ -s part ] && [ -n "$tag" ]; then
        command -v curl > /dev/null && resume='-C -' || resume=-c
        get answer.head $resume --header "If-Range: $tag"
        ended=$?
    else
        forget
        get part.head ${have:+--header "If-None-Match: $have"}
        ended=$?
    fi
    case $ended-$(status) in
    33-*) forget && return 1 ;;                              # curl: something else is there now.
    *-200) [ "$head" = part.head ] || mv "$head" part.head ;; # wget has begun anew.
    *-206) ;;
    *-304) forget && exit 3 ;;
    *-416) forget && return 1 ;;
    *-4??) refused ;;
    *) sleep 1 && return 1 ;;
    esac
    [ ! -s part ] || [ "$(wc -c < part)" -lt "$limit" ] || refuse "the download has $limit bytes or more"
    return $ended
}

# A refusal's body says why. wget drops it; of http:// nc can read it.
refused() {
    echo "refused with $(status)" >&2
    forget
    host=${url#http://} && path=/${host#*/} && host=${host%%/*}
    case $host in *:*) port=${host##*:} ;; *) port=80 ;; esac
    if command -v curl > /dev/null; then
        curl -q -sS --max-time 60 "$url" >&2
    else
        printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$path" "$host" | nc -w 60 "${host%:*}" "$port" >&2
    fi
    exit 2
}

# Unpacks `part` into `new` if every file in it has a digest that the manifest names, and a signature where there is a key.
check() {
    rm -rf new && mkdir new && gzip -t part 2> /dev/null || return 1
    [ -z "$key" ] || verify_names || refuse "$why"
    tar -xzf part -C new 2> /dev/null || return 1
    for file in new/*; do
        [ "$file" = new/package_details.json ] && continue
        digest=$(sha256sum < "$file" | cut -d ' ' -f 1)
        grep -q "\"$digest\"" new/package_details.json || return 1
        [ -z "$key" ] || verify_file || refuse "${file#new/} $why"
    done
}

for try in 1 2 3; do
    download || continue
    if check; then
        install new && { [ -z "$key" ] || note; } && etag part.head > installed.etag && forget && exit 0
        exit 1
    fi
    # Too large for a package, and a list came in its place: its URLs are to be downloaded one by one.
    [ "$(head -c 1 part)" = '{' ] && cat part >&2 && forget && exit 2
    forget
done
exit 1
