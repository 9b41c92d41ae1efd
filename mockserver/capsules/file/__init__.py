"""The capsule as data, and its file format. Reads HAR files and journals as capsules, too."""
