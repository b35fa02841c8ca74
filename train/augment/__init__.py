"""What training makes of them: bent, blurred, drawn and printed ones, and things that are no digits."""
