drop table datastore.pipelines_import, datastore.pipeline_choice, datastore.pipeline_model, datastore.pipeline,
  datastore.model_secret, datastore.model_version, datastore.model cascade;
drop type datastore.version_part cascade;
drop function datastore.task_name(text), datastore.version_text(jsonb) cascade;
