"""The stages of a cycle, one module each, and what they stand on."""

from tasks.logs import leave_out_tracebacks

leave_out_tracebacks()
