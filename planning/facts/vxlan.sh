# shellcheck shell=sh
# VXLAN devices of the host's own, and whom they send to what they know no place of.
for tool in ip bridge; do
    has "$tool" || put without_tool "$tool"
done
if has perl || has python3; then put captures 1; fi
put_output vxlan 5 ip -d -o link show type vxlan
if has bridge; then
    put_output vxlan_fdb 5 sh -c 'bridge fdb show | sed -n "/^00:00:00:00:00:00 .* dst /p"'
fi
