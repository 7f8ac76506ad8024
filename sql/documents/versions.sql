-- Made by `make documents` from the files in this folder: which functions and keys belong to which version.
-- An unknown version is given to the newest one, whose schema_version says what is known.

create or replace function datastore.fits_schema(kind text, document jsonb) returns boolean
language sql immutable parallel safe
return case kind
  when 'feedback' then datastore.feedback_v1(document)
  when 'inference' then datastore.inference_v1(document)
  when 'inspection' then datastore.inspection_v1(document)
  when 'picture' then datastore.picture_v1(document)
  when 'picture_set' then datastore.picture_set_v1(document)
  when 'pipelines' then datastore.pipelines_v1(document)
end;
comment on function datastore.fits_schema(text, jsonb) is
  'Does a document fit the compiled schema of its kind and version?';

create or replace function datastore.system_keys(kind text, document jsonb) returns jsonb
language sql immutable parallel safe
return case kind
  when 'feedback' then '{}'::jsonb
  when 'inference' then '{"created_at": [], "inference_id": [], "picture_id": [], "requested_by": [], "verified": [], "verified_at": [], "verified_by": []}'::jsonb
  when 'inspection' then '{}'::jsonb
  when 'picture' then '{"audit_trail": ["access_log", "change_log", "edit_date", "edited_by", "privacy_flag", "upload_date"], "child_data": ["children", "count"], "classification_data": ["confidence_score", "model", "prediction"], "error_handling": ["correction_applied", "error_details", "feedback"], "image_data": ["bit_depth", "camera", "capture_date", "channels", "format", "height", "microscope", "pages", "parent", "pixel_size", "resolution", "size", "source", "tags", "width"], "labels": [], "metadata": ["file_name", "relative_path", "upload_date"], "picture_id": [], "picture_set_id": [], "quality_check": ["error_type", "image_checksum", "quality_score", "upload_check", "valid_data"]}'::jsonb
  when 'picture_set' then '{"audit_trail": ["access_log", "change_log", "edit_date", "edited_by", "privacy_flag", "upload_date"], "container_name": [], "image_data_picture_set": ["number_of_images"], "picture_set_id": [], "pictures": []}'::jsonb
  when 'pipelines' then '{}'::jsonb
end;
comment on function datastore.system_keys(text, jsonb) is
  'What the datastore fills in a document (readOnly in its schema), each key with those inside it: '
  '{"metadata": ["file_name", …], "labels": []}.';

create or replace function datastore.inference_system_keys(part text) returns text[]
language sql immutable parallel safe
return case part
  when 'inference' then '{created_at,inference_id,picture_id,requested_by,verified,verified_at,verified_by}'::text[]
  when 'box' then '{box_id,classId,is_manual,is_valid,is_verified,model,object_type_id,top_id}'::text[]
  when 'guesses' then '{is_expert,object_id}'::text[]
end;
comment on function datastore.inference_system_keys(text) is
  'What the datastore fills in a part of the document (readOnly in its schema). part: inference, box, guesses.';

create or replace function datastore.pipelines_system_keys(part text) returns text[]
language sql immutable parallel safe
return case part
  when 'pipeline' then '{active,model_name,pipeline_id}'::text[]
  when 'model' then '{model_id}'::text[]
end;
comment on function datastore.pipelines_system_keys(text) is
  'What the datastore fills in a part of the document (readOnly in its schema). part: pipeline, model.';

create or replace function datastore.picture_misspellings(document jsonb)
returns table (path text[], wrong text, "right" text)
language sql immutable parallel safe
begin atomic
  select section.path, key.wrong, key."right"
  from (values
    ('1'::jsonb, '{}'::text[], document,
     '{auditTrail,childData,classificationData,clientData,clientFeedback,errorHandling,imageData,pictureId,pictureSetId,qualityCheck,schemaVersion,userData}'::text[],
     '{audit_trail,child_data,classification_data,client_data,client_feedback,error_handling,image_data,picture_id,picture_set_id,quality_check,schema_version,user_data}'::text[]),
    ('1'::jsonb, '{user_data}'::text[], document -> 'user_data',
     '{numberOfSeeds}'::text[],
     '{number_of_seeds}'::text[]),
    ('1'::jsonb, '{seed}'::text[], document -> 'seed',
     '{seedId,seedName}'::text[],
     '{seed_id,seed_name}'::text[]),
    ('1'::jsonb, '{client_data}'::text[], document -> 'client_data',
     '{clientEmail,clientExpertise}'::text[],
     '{client_email,client_expertise}'::text[]),
    ('1'::jsonb, '{client_feedback}'::text[], document -> 'client_feedback',
     '{correctIdentification,historicalComparison}'::text[],
     '{correct_identification,historical_comparison}'::text[]),
    ('1'::jsonb, '{metadata}'::text[], document -> 'metadata',
     '{fileName,relativePath,uploadDate}'::text[],
     '{file_name,relative_path,upload_date}'::text[]),
    ('1'::jsonb, '{image_data}'::text[], document -> 'image_data',
     '{bitDepth,captureDate,pixelSize}'::text[],
     '{bit_depth,capture_date,pixel_size}'::text[]),
    ('1'::jsonb, '{quality_check}'::text[], document -> 'quality_check',
     '{errorType,imageChecksum,qualityScore,uploadCheck,validData}'::text[],
     '{error_type,image_checksum,quality_score,upload_check,valid_data}'::text[]),
    ('1'::jsonb, '{classification_data}'::text[], document -> 'classification_data',
     '{confidenceScore}'::text[],
     '{confidence_score}'::text[]),
    ('1'::jsonb, '{error_handling}'::text[], document -> 'error_handling',
     '{correctionApplied,errorDetails}'::text[],
     '{correction_applied,error_details}'::text[]),
    ('1'::jsonb, '{audit_trail}'::text[], document -> 'audit_trail',
     '{accessLog,changeLog,editDate,editedBy,privacyFlag,uploadDate}'::text[],
     '{access_log,change_log,edit_date,edited_by,privacy_flag,upload_date}'::text[])
  ) as section(version, path, object, wrong, "right")
  cross join lateral unnest(section.wrong, section."right") as key(wrong, "right")
  where section.version = coalesce(document -> 'schema_version', '1')
    and section.object ?| section.wrong and section.object ? key.wrong and jsonb_typeof(section.object) = 'object';
end;
comment on function datastore.picture_misspellings(jsonb) is
  'The known keys that stand in camelCase in a document, each with its section and its right spelling.';

create or replace function datastore.picture_set_misspellings(document jsonb)
returns table (path text[], wrong text, "right" text)
language sql immutable parallel safe
begin atomic
  select section.path, key.wrong, key."right"
  from (values
    ('1'::jsonb, '{}'::text[], document,
     '{auditTrail,clientData,containerName,imageDataPictureSet,pictureSetId,projectName,schemaVersion,submitterName}'::text[],
     '{audit_trail,client_data,container_name,image_data_picture_set,picture_set_id,project_name,schema_version,submitter_name}'::text[]),
    ('1'::jsonb, '{client_data}'::text[], document -> 'client_data',
     '{clientEmail,clientExpertise}'::text[],
     '{client_email,client_expertise}'::text[]),
    ('1'::jsonb, '{image_data_picture_set}'::text[], document -> 'image_data_picture_set',
     '{numberOfImages}'::text[],
     '{number_of_images}'::text[]),
    ('1'::jsonb, '{audit_trail}'::text[], document -> 'audit_trail',
     '{accessLog,changeLog,editDate,editedBy,privacyFlag,uploadDate}'::text[],
     '{access_log,change_log,edit_date,edited_by,privacy_flag,upload_date}'::text[])
  ) as section(version, path, object, wrong, "right")
  cross join lateral unnest(section.wrong, section."right") as key(wrong, "right")
  where section.version = coalesce(document -> 'schema_version', '1')
    and section.object ?| section.wrong and section.object ? key.wrong and jsonb_typeof(section.object) = 'object';
end;
comment on function datastore.picture_set_misspellings(jsonb) is
  'The known keys that stand in camelCase in a document, each with its section and its right spelling.';
