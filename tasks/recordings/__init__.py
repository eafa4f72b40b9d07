"""People's speech and other recordings, brought into a workspace as rows."""
