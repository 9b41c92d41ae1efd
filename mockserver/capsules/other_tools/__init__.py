"""Reads recordings of other tools: HAR, flow files of mitmproxy, cassettes of VCR. Writes HAR."""
