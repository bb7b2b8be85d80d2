"""`make videos`: the portal's training videos, recorded from the portal itself by a browser that acts a
script.
"""
