"""The ground floor: contracts, configuration, names and errors that every wing stands on."""
