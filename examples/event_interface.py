"""The snippet of the event interface's specification: prints and logs every event.

Usage: event_interface.py PORT (the option event_port of the section [supvisors])
"""
# ruff: noqa: F403, F405

import sys

from supvisors.client.subscriber import *

port = int(sys.argv[1])

# create the subscriber thread
subscriber = SupvisorsEventInterface(zmq.Context.instance(), port, create_logger())
# subscribe to all messages
subscriber.subscribe_all()
# start the thread
subscriber.start()
