"""Every event, with pyzmq alone. Usage: plain_sub.py PORT"""

import sys

import zmq

socket = zmq.Context().socket(zmq.SUB)
socket.connect(f"tcp://127.0.0.1:{sys.argv[1]}")
socket.setsockopt(zmq.SUBSCRIBE, b"")
while True:
    header, body = socket.recv_multipart()
    print(header.decode(), body.decode(), flush=True)
