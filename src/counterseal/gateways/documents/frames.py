# SPDX-License-Identifier: Apache-2.0
"""Messages between the desk and a document's process: four bytes of length, then so many bytes."""

from __future__ import annotations

import socket
import struct
from typing import Final

MOST_REQUEST: Final = 64 * 1024 * 1024
MOST_REPLY: Final = 64 * 1024 * 1024
_LENGTH: Final = struct.Struct(">I")
_PIECE: Final = 1 << 20


class FrameError(Exception):
    """The other side ended, or sent more than it may."""


def write(channel: socket.socket, data: bytes) -> None:
    """Send one message. Raises OSError."""
    channel.sendall(_LENGTH.pack(len(data)))
    channel.sendall(data)


def read(channel: socket.socket, most: int) -> bytes:
    """One message of at most `most` bytes. Raises FrameError, OSError (TimeoutError where the socket has one)."""
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size))
    if length > most:
        raise FrameError(f"a message of {length} bytes")
    return _exactly(channel, length)


def _exactly(channel: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        piece = channel.recv(min(_PIECE, count - len(parts)))
        if not piece:
            raise FrameError("it ended without an answer")
        parts += piece
    return bytes(parts)
