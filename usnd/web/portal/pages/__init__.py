"""The pages, a file a part of the portal: each function gets the visitor and gives a Page or a Redirect."""
