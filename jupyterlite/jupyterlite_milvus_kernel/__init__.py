"""The prebuilt labextension of the Milvus kernel, and a lexer for Pygments."""
