"""The state of one world, and the operations that read and change it. Nothing here uses the network."""
