"""The store, a module for each subject. `datastore_db.aio.Store` is all of them."""
