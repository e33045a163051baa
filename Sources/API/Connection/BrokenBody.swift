/// Fails the reading of a body whose end won't come. Whoever reads it must not answer: that has been done.
struct BrokenBody: Error {}
