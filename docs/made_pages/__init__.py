"""The pages of the reference that are made from the code, in English and Vietnamese."""
