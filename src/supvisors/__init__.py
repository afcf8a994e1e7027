"""Supvisors joins many Supervisor instances into one observable system.

This module holds the version and nothing else: supervisord imports it to load the plugin.
"""

__version__ = "0.1.0"
