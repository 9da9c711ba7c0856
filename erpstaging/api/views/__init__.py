"""The views of the API: read the input, call one service, write the answer."""
