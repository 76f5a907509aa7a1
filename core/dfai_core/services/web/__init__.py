"""Any web service: requests made from rows, by templates or by functions of the user's own."""
