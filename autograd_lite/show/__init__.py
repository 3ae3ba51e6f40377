"""What a graph looks like to a reader: pictures. Each file here may know every room above, none below."""
