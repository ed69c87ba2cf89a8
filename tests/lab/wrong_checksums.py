"""Runs in a network namespace: all TCP that eth0 takes in has a wrong checksum until stdin ends.

As a NIC or its driver makes them. The kernel counts them where it checks: the sender's NIC must not leave
checksums to the next one (TX_OFF).
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys

_SYS_BPF = 321  # on x86_64
_PROG_LOAD, _LINK_CREATE = 5, 28
_SCHED_CLS, _TCX_INGRESS = 3, 46
_PROTOCOL_AT, _CHECKSUM_AT = 14 + 9, 14 + 20 + 16
# For perl on a host: `ethtool -K $ARGV[0] tx off` (ETHTOOL_STXCSUM by SIOCETHTOOL), or on.
SET_TX = (
    'socket(S, 2, 2, 0); my $v = pack("LL", 0x17, $ARGV[1]); '
    'ioctl(S, 0x8946, my $r = pack("a16Px16", $ARGV[0], $v)) or die "$!"'
)


def _instruction(code: int, to: int = 0, source: int = 0, jump: int = 0, value: int = 0) -> bytes:
    return struct.pack("<BBhi", code, source << 4 | to, jump, value)


_PROGRAM = b"".join(
    [
        _instruction(0xBF, 6, 1),
        _instruction(0x30, value=_PROTOCOL_AT),
        _instruction(0x55, 0, jump=8, value=socket.IPPROTO_TCP),
        _instruction(0xBF, 1, 6),
        _instruction(0xB7, 2, value=_CHECKSUM_AT),
        _instruction(0x6A, 10, jump=-8, value=0xDEAD),
        _instruction(0xBF, 3, 10),
        _instruction(0x07, 3, value=-8),
        _instruction(0xB7, 4, value=2),
        _instruction(0xB7, 5, value=0),
        _instruction(0x85, value=9),  # bpf_skb_store_bytes
        _instruction(0xB7, 0, value=0),
        _instruction(0x95),
    ]
)


def _bpf(command: int, attributes: bytes) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    block = ctypes.create_string_buffer(attributes.ljust(128, b"\0"), 128)
    found: int = libc.syscall(_SYS_BPF, command, block, 128)
    if found < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return found


def main() -> None:
    text = ctypes.create_string_buffer(_PROGRAM, len(_PROGRAM))
    license_ = ctypes.create_string_buffer(b"GPL")
    where = ctypes.addressof(text), ctypes.addressof(license_)
    program = _bpf(_PROG_LOAD, struct.pack("<IIQQ", _SCHED_CLS, len(_PROGRAM) // 8, *where))
    nic = socket.if_nametoindex("eth0")
    _bpf(_LINK_CREATE, struct.pack("<IIII", program, nic, _TCX_INGRESS, 0))
    print("ready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
