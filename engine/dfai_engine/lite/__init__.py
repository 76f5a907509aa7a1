"""Networks whose weights come in another library's file, written out as LiteRT reads them."""
