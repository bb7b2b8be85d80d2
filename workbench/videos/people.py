"""Who is in the videos: the demo's handsets by other names, and what the subscriber signs in with."""

from workbench.demo.stage import GROUP, SUBSCRIBER

BOB, CAROL, DAVE = GROUP.values()
NUMBER = SUBSCRIBER
FIRST = "abcd-efgh-ijkl-mnop-qrst-uvwx-yz23-4567"
CHOSEN = "a quiet sunday walk"
ALL_THREE = (f"UC bob {BOB} Bob.Jones", f"UC carol {CAROL} Carol.Smith", f"UC dave {DAVE} Dave.Miller")
FAMILY = (*ALL_THREE, "GC family bob carol")
CONFERENCE = (*FAMILY, "CC1 family")
