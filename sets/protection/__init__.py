"""Personal data at work: what retention removes and announces, proofs of erasure, the record of processing."""
