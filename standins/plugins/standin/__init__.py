"""The stand-in plugins' shared part: wire values, the gRPC server, the engine's log.

The server is written on the SDK's protocol classes. `pulumi.provider.experimental` would have to
be replaced nearly whole: it runs each call on one event loop, cannot say that a resource was made
but not finished, drops a diff's old inputs and its own DiffConfig's details, puts "Unexpected
<class ...>" in front of error texts, and takes 0.15 s longer to load in each process. The Docker
SDK for Python takes another 0.1 s, for what is a handful of JSON requests here.
"""
