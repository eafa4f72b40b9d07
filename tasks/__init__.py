"""The stages of a cycle, one module each, and what they are built on."""

from tasks.logs import leave_out_tracebacks

leave_out_tracebacks()
