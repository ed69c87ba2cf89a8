"""What the stand-in plugins share: wire values, the gRPC server, the engine's log.

The stand-ins answer the engine with the SDK's generated protocol classes and a threaded gRPC
server instead of `pulumi.provider.experimental`, whose server runs every call on one event
loop, cannot say that a resource was made but not finished, hides a diff's old inputs, puts
"Unexpected <class ...>" in front of each error text and costs 0.2 s of imports in each of the
processes (one per Docker host).
"""
