"""Study directories at a URL: a local mirror of what lies there, a lease in place of a file lock."""
