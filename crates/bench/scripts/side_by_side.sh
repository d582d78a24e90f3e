#!/usr/bin/env bash
# One program at work, to be run in turn with another build of it on the same machine:
#
#   crates/bench/scripts/side_by_side.sh PROGRAM [PORT]
#
# Import of 400,000 rows of 100,000 (invented) workers, lookups of an account of 1,440 records and of one of 4, each a process
# of its own, the node's processor time of a lookup, and the catch-up of a second node. Needs awk, bc and python3.
set -euo pipefail

program=$(realpath "$1")
port=${2:-7443}
folder=$(mktemp -d)
cd "$folder"
export LANG=en_US.UTF-8 RUST_LOG=warn
# Reads need a purpose, and are limited; programs of before November 2026 know neither.
export YIZHANG_BUSINESS=inquiry YIZHANG_CASE=measurement YIZHANG_PERSON=nobody
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT

big=440300199003078815

make_rows() {
    awk 'BEGIN {
        split("7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2", w, " "); split("1 0 X 9 8 7 6 5 4 3 2", c, " ")
        print "person,scheme,period,received,place,base,due_person,paid_person,serial"
        for (n = 0; n < 100000; n++) {
            d = int(n / 999); id = sprintf("440300%d%02d%02d%03d", 1970 + d / 336, d / 28 % 12 + 1, d % 28 + 1, n % 999 + 1)
            s = 0; for (i = 1; i <= 17; i++) s += substr(id, i, 1) * w[i]; id = id c[s % 11 + 1]
            for (m = 1; m <= 4; m++)
                printf "%s,hrss:110,2026-%02d,2026-%02d-15,440300,5000.00,1000.00,1000.00,N%d-%d\n", id, m, m, n, m
        }
    }' > rows.csv
    awk -v id="$big" 'BEGIN {
        print "person,scheme,period,received,place,base,due_person,paid_person,serial"
        split("hrss:110 hrss:210 nhsa:310", schemes, " ")
        for (k = 1; k <= 3; k++) for (y = 1986; y < 2026; y++) for (m = 1; m <= 12; m++)
            printf "%s,%s,%d-%02d,%d-%02d-20,440300,5000.00,1000.00,1000.00,B%d-%d-%d\n", id, schemes[k], y, m, y, m, k, y, m
    }' > big.csv
}

now() { date +%s%N; }

# ask NODE COMMAND...: a command that takes node and credentials.
ask() {
    local node=$1
    shift
    "$program" "$@" --node "$node" --credentials "f/$node/agency"
}

# size NODE: entries of the first chain there; nothing while the node does not answer.
size() {
    ask "$1" node status --json 2>/dev/null | python3 -c '
import json, sys
print(next(c["size"] for c in json.load(sys.stdin)["chains"] if c["origin"].endswith("440000")))' 2>/dev/null || true
}

# lookups NUMBER TIMES [--proofs]: median and ninth tenth of so many processes.
lookups() {
    local number=$1 times=$2 from to
    shift 2
    for _ in $(seq "$times"); do
        from=$(now)
        echo "$number" | ask 440000 worker account --as-of 2026-11-28 --json "$@" > /dev/null 2>&1
        to=$(now)
        echo $(((to - from) / 1000))
    done | sort -n | awk '{v[NR] = $1} END {printf "p50 %.1f ms, p90 %.1f ms\n", v[int(NR * 0.5)] / 1000, v[int(NR * 0.9)] / 1000}'
}

processor_ticks() { awk '{print $14 + $15}' "/proc/$node/stat"; }

make_rows
"$program" federation init --dir f --name side.example \
    --region "440000=127.0.0.1:$port" --region "520000=127.0.0.1:$((port + 1))" > /dev/null
if "$program" worker account --help | grep -q -- --business; then
    for node in f/*/node.toml; do
        printf '[reads]\naccounts_a_minute = 1000000\naccounts_an_hour = 1000000\naccounts_a_day = 1000000\n' >> "$node"
    done
fi
"$program" node run --dir f/440000 > first.log 2>&1 &
node=$!
"$program" node run --dir f/520000 > second.log 2>&1 &
other=$!
# Both, so that the first may sign; then the second goes, to catch up later.
for _ in $(seq 150); do
    ask 440000 node status > /dev/null 2>&1 && break
    sleep 0.2
done
kill "$other" && wait "$other" || true

from=$(now)
ask 440000 agency import rows.csv > import.log
echo "import of 400,000 rows: $(echo "scale=2; ($(now) - $from) / 1000000000" | bc) s"
ask 440000 agency import big.csv > import.log
few=$(sed -n 2p rows.csv | cut -d, -f1)
lookups "$big" 5 --proofs > /dev/null
echo "lookup of 1,440 records: $(lookups "$big" 60)"
echo "the same with proofs: $(lookups "$big" 60 --proofs)"
echo "lookup of 4 records: $(lookups "$few" 100)"
for proofs in "" --proofs; do
    before=$(processor_ticks)
    lookups "$big" 200 $proofs > /dev/null
    echo "the node's processor time of a lookup of 1,440 records $proofs: $(echo "scale=2; ($(processor_ticks) - $before) * 10 / 200" | bc) ms"
done
want=$(size 440000)
from=$(now)
"$program" node run --dir f/520000 > second.log 2>&1 &
for _ in $(seq 1200); do
    [ "$(size 520000)" = "$want" ] && break
    sleep 0.05
done
echo "catch-up with $want entries, start of the node included: $(echo "scale=2; ($(now) - $from) / 1000000000" | bc) s"
