"""Mail fetched from folders, where no mail server hands it over."""
