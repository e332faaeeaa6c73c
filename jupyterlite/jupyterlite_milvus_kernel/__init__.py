"""The prebuilt labextension of the Milvus kernel; there is no Python in it."""
