#!/bin/sh
# A device with a shell, curl, tar, sed and grep: it asks what comes next until nothing does.
#
#     sh device.sh SERVER VERSION
set -eu
server=$1
runs=$2
downloads=0

while [ "$downloads" -lt 10 ]; do
    kind=$(curl -q -sS --fail -o answer -w '%{content_type}' \
        "$server/package?ipModule=prod&installed=ipModule@$runs")
    [ "$kind" = application/gzip ] || break
    downloads=$((downloads + 1))
    tar xzf answer
    runs=$(sed -n 's/.*"latestVersion":"\([^"]*\)".*/\1/p' package_details.json)
    test -s "ipModule_$runs"
    echo "installed $runs"
done

grep -q '"status_code":304' answer
echo "up to date on $runs after $downloads downloads"
