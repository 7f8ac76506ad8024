"""The store, a part for each thing that it is about. `datastore_db.aio.Store` is all of them."""
