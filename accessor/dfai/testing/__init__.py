"""For tests of what you build on dfai: answers without a model, a key or a network, and faults on demand."""

from dfai.testing._fake import Asked, Fake, fake

__all__ = ["Asked", "Fake", "fake"]
